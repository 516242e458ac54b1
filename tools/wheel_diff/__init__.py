"""Says in what two wheels differ, and why."""
