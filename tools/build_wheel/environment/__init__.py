"""The backend's virtual environment and variables."""
