"""Room on the disk, and files that go again."""
