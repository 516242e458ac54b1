const char *where(void);
