"""The board: reads the published store, shows it in Chinese and English, computes nothing."""
