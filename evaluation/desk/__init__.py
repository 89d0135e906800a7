"""The desk under load and faults: citizens, volunteers, kills, and what must hold afterwards."""
