"""Files that are no PDF, printed as one."""
