"""The products: one package each, meeting only in `events` and `public`."""
