"""One folder a channel: receive what people write, send what the assistant says."""
