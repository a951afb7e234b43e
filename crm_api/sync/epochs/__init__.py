"""The ages of the server's data: a restored backup begins another one."""
