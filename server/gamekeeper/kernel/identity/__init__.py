"""Who people are: accounts, passwords, second factors, sign-ins and the first owner."""
