"""What every job uses; imports nothing of ours."""
