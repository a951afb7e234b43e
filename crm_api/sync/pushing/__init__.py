"""What phones push: each record taken by the service that the online call uses."""
