# The GDB bridge, and make gdb.

GDB_OBJECTS := $(call grader_objects,$(addprefix gdb/,main server monitor back history run points \
    machine target request packet) symbols) $(BOCHS_OBJECTS)

$(B)/host/orrery-gdb: $(GDB_OBJECTS)
	$(CC) -o $@ $^ $(SESSION_LIBS)

# STOP=tick: where GDB takes over. BATCH=file: runs this script of GDB's and prints what GDB prints.
gdb_options = $(if $(STOP),--stop '$(STOP)') $(if $(MEM),--memory '$(MEM)')

PROGRAM_GOALS += gdb
.PHONY: gdb
gdb: image programs $(B)/host/orrery-gdb
	@$(call become_program,env BATCH='$(BATCH)' grader/gdb/gdb.sh $(B) $(gdb_options))
