# Tests that run inside the machine, in an image of their own, started by init in place of the shell.

GUEST_TEST_OBJECTS := $(patsubst %,$(B)/%.o,$(sort $(wildcard tests/guest/libsys/*.c)))

$(B)/tests/guest/%.c.o: tests/guest/%.c
	mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -c -o $@ $<

$(eval $(call program,libsys-test,$(GUEST_TEST_OBJECTS)))

GUEST_TEST_FILES = $(filter-out init.conf=%,$(ARCHIVE_FILES)) init.conf=tests/guest/init.conf \
    libsys-test=$(B)/programs/libsys-test/libsys-test

$(eval $(call boot_image,$(B)/tests/guest/libsys.iso,GUEST_TEST_FILES))

SYSTEM_TESTS += tests/guest/test-libsys
TEST_NEEDS += $(B)/tests/guest/libsys.iso
