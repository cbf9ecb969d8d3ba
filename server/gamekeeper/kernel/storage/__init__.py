"""Where the content of files lies, under keys made of ids."""
