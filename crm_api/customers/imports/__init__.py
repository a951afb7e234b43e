"""Customers come in from files: CSV and XLSX, row by row, safe to repeat."""
