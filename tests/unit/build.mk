# Unit tests on the host: each is one file here, linked with the pure parts of the tree that it
# tests, all under ASan and UBSan.

UNIT_CFLAGS := $(HOST_CFLAGS) -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
    -fno-sanitize-recover=all
UNIT_LIBS := -lcheck -lsubunit -lm -lrt -lpthread

$(B)/tests/unit/%.c.o: %.c
	mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) -c -o $@ $<

# $(call unit_test,NAME,FILES): tests/unit/NAME.c with FILES of the tree.
define unit_test
$(B)/tests/unit/$(1): $(patsubst %,$(B)/tests/unit/%.o,tests/unit/$(1).c $(2))
	$(CC) -fsanitize=address,undefined -o $$@ $$(filter %.o,$$^) $(UNIT_LIBS)

UNIT_TESTS += $(B)/tests/unit/$(1)
endef

$(eval $(call unit_test,libsys_ring,src/libsys/ring.c src/libsys/sync.c))
$(eval $(call unit_test,libsys_text,$(patsubst %,src/libsys/%.c,text format path describe)))
$(eval $(call unit_test,libsys_shell,$(patsubst %,src/programs/shell/%.c,editor words) \
    src/libsys/text.c src/libsys/format.c))
$(eval $(call unit_test,libsys_fault,$(patsubst %,src/libsys/%.c,fault describe format text)))
$(eval $(call unit_test,libsys_conf,src/programs/init/conf.c))
$(eval $(call unit_test,libsys_uart,src/drivers/uart/uart.c))
$(eval $(call unit_test,boot_memory_map,src/boot/memory_map.c))
$(eval $(call unit_test,boot_elf,src/boot/elf.c))
$(eval $(call unit_test,boot_tables,src/boot/tables.c src/boot/space.c))
$(eval $(call unit_test,boot_archive,$(patsubst %,src/boot/%.c,archive crc32c iso)))
$(eval $(call unit_test,boot_info,$(patsubst %,src/boot/%.c,info crc32c options rsdp text)))
