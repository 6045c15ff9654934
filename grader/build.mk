# The host's tools: orrery-run boots an image, orrery-grade judges.

GRADER_CFLAGS := $(HOST_CFLAGS) -Igrader

$(B)/host/grader/%.o: grader/%.c
	@mkdir -p $(@D)
	$(CC) $(GRADER_CFLAGS) -c -o $@ $<

grader_objects = $(patsubst %,$(B)/host/grader/%.o,$(1))

# For whoever drives a machine: declared in grader/bochs.h.
BOCHS_OBJECTS := $(call grader_objects,bochs bochs_prompt bochs_console bochs_memory)
SESSION_OBJECTS := $(BOCHS_OBJECTS) $(call grader_objects,session symbols trace)
SESSION_LIBS := -ldw -lelf

$(B)/host/orrery-run: $(call grader_objects,run run_live run_qemu) $(SESSION_OBJECTS)
	$(CC) -o $@ $^ $(SESSION_LIBS)
