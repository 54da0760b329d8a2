"""The doors of the house: everything that web, bots and the command line may ask for."""
