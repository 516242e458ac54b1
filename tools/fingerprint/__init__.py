"""Says what an interpreter, or a C and C++ compiler, is: what decides the bytes of the wheels that it makes."""
