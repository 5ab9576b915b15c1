"""What is kept: runs, their events and snapshots, data sets. `base` is the door, `sql` what is behind it."""
