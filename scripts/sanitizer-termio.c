// Debian's sanitizers lack the size of struct termio, which its libc no longer has; only old ioctls would need
// it.
extern const unsigned size_of_termio __asm__("_ZN11__sanitizer16struct_termio_szE");
const unsigned size_of_termio __attribute__((weak)) = 18;
