# Tests that run inside the machine. libsys-test is started by init in place of the shell; bad.conf
# is a start-up file with every mistake.

GUEST_TEST_OBJECTS := $(patsubst %,$(B)/%.o,$(sort $(wildcard tests/guest/libsys/*.c)))

$(B)/tests/guest/%.c.o: tests/guest/%.c
	mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -c -o $@ $<

$(eval $(call program,libsys-test,$(GUEST_TEST_OBJECTS)))

GUEST_FILES = $(filter-out init.conf=%,$(ARCHIVE_FILES))
GUEST_LIBSYS_FILES = $(GUEST_FILES) init.conf=tests/guest/libsys.conf \
    libsys-test=$(B)/programs/libsys-test/libsys-test
GUEST_BAD_FILES = $(GUEST_FILES) init.conf=tests/guest/bad.conf

$(eval $(call boot_image,$(B)/tests/guest/libsys.iso,GUEST_LIBSYS_FILES))
$(eval $(call boot_image,$(B)/tests/guest/bad.iso,GUEST_BAD_FILES))

SYSTEM_TESTS += $(wildcard tests/guest/test-*)
TEST_NEEDS += $(B)/tests/guest/libsys.iso $(B)/tests/guest/bad.iso
