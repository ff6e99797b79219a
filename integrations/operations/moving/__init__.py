"""An installation in one file: exports, imports, backups."""
