"""The commands of `homeward`, a module for each thing that a person wants to do."""
