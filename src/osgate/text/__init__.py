"""Words: catalogues in English and Chinese, the rules' texts, and what a terminal can show."""
