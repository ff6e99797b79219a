"""What has changed in the mirrored records, in the order of the commits.

`recording` is the one way to write mirrored records, `batches` the table of what was written, and
`feed` what is read from it.
"""
