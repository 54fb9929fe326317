"""From the files of a change to what it introduces. Pure: readers and files are handed in."""
