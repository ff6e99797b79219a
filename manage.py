#!/usr/bin/env python
"""Relais' command line: `python manage.py help` lists the commands."""

from __future__ import annotations

from config.command_line import main

if __name__ == "__main__":
    main()
