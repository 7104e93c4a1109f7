"""What a record is: ids, field types, kinds, people. Pure: no clock, file, Git, key or print."""
