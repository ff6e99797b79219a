"""What is done to applications and candidates at Flatchr: move, reject, tag, read the CV."""
