"""What is emulated: the tables of the wires and the objects of an org, beside what the platform has."""
