"""The floor: where files live, downloads, pictures, folders and data sets."""
