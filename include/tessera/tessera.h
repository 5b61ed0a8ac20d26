/* tessera/tessera.h - the whole runtime API, in the order one needs it. */
#ifndef TESSERA_TESSERA_H
#define TESSERA_TESSERA_H

#include <tessera/status.h>
#include <tessera/machine.h>
#include <tessera/runtime.h>
#include <tessera/store.h>
#include <tessera/partition.h>
#include <tessera/task.h>
#include <tessera/body.h>
#include <tessera/formula.h>
#include <tessera/communicator.h>

#endif
