"""HTTP, websockets, storage and workers around `models`."""
