"""The demo organizations: made once through the actions, in an emulator database, and served."""
