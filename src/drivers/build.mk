# Drivers: each folder is one program of its name: the library half and main.c.

DRIVERS := $(sort $(notdir $(patsubst %/main.c,%,$(wildcard src/drivers/*/main.c))))

$(B)/drivers/%.c.o: src/drivers/%.c
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -c -o $@ $<

$(foreach driver,$(DRIVERS),$(eval $(call program,$(driver),$(patsubst \
    src/%.c,$(B)/%.c.o,$(sort $(wildcard src/drivers/$(driver)/*.c))))))

ARCHIVE_FILES += $(foreach driver,$(DRIVERS),$(driver)=$(B)/programs/$(driver)/$(driver))
