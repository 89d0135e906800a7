"""The desk: what stands between volunteers and citizens, and a town that plays against it under load and faults."""
