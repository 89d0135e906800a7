"""Old communes, districts and provinces, and what they are since 1 July 2025."""
