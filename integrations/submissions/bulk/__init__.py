"""Bulk upload: candidates from a spreadsheet, their CVs from a ZIP, one submission a row."""
