"""Access control: users, passwords, statements, functions and capacity."""
