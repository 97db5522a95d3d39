"""What people and programs read: tables, the diff's files, summaries and the report. No I/O, no clock."""
