"""The frequency governor: no customer is contacted more often than the policies allow."""
