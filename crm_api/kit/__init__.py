"""What every floor stands on: database, transactions, errors, paging, time."""
