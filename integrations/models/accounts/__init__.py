"""Tables of users' accounts: the second factor, and what they are told of by e-mail."""
