"""What administrators ask: does it work, what could leave, under which terms everything comes."""
