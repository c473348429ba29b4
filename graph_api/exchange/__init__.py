"""Exchange: folders of CSV files in, folders of CSV files out."""
