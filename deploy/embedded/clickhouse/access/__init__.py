"""Who may do what: users, passwords, statements, functions and capacity."""
