"""Tables of what is done to applications, candidates and jobs at Flatchr."""
