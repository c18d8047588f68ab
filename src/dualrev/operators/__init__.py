"""The operators that users call: validate, choose, call."""
