"""What a night measures of its strategies, and what `kehu measure` makes of anybody's experiment files."""
