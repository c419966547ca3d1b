//! The module's memory, and how results get there.

use std::rc::Rc;

use gatepost_host::Status;
use wasmtime::{Caller, Extern, Memory};

use crate::worker::Worker;

/// An import call, with the worker that it is made on.
pub(super) type Host<'a> = Caller<'a, Rc<Worker>>;

/// The module's memory during an import call.
pub(super) struct Guest<'a, 'b> {
    caller: &'a mut Caller<'b, Rc<Worker>>,
    memory: Memory,
}

impl<'a, 'b> Guest<'a, 'b> {
    pub(super) fn new(caller: &'a mut Caller<'b, Rc<Worker>>) -> Self {
        let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
            panic!("the module exports no memory");
        };
        Self { caller, memory }
    }

    pub(super) fn bytes(&self, at: u32, size: u32) -> Vec<u8> {
        let (at, size) = (at as usize, size as usize);
        self.memory.data(&self.caller)[at..at + size].to_vec()
    }

    pub(super) fn write(&mut self, at: u32, bytes: &[u8]) {
        self.memory
            .write(&mut self.caller, at as usize, bytes)
            .expect("a valid pointer");
    }

    pub(super) fn number(&mut self, at: u32, number: Result<u32, Status>) -> u32 {
        self.returning(number, |guest, number| {
            guest.write(at, &number.to_le_bytes())
        })
    }

    /// Gives bytes to the module, in memory that its own allocator made.
    pub(super) fn give(&mut self, data_at: u32, size_at: u32, bytes: &[u8]) {
        let size = u32::try_from(bytes.len()).unwrap();
        let allocate = self.caller.get_export("proxy_on_memory_allocate");
        let allocate = allocate.and_then(Extern::into_func).expect("is exported");
        let allocate = allocate
            .typed::<u32, u32>(&self.caller)
            .expect("takes a size");
        let data = allocate.call(&mut self.caller, size).expect("allocates");
        self.write(data, bytes);
        self.write(data_at, &data.to_le_bytes());
        self.write(size_at, &size.to_le_bytes());
    }

    pub(super) fn returning<T>(
        &mut self,
        result: Result<T, Status>,
        give: impl FnOnce(&mut Self, T),
    ) -> u32 {
        match result {
            Ok(value) => {
                give(self, value);
                0
            }
            Err(Status(status)) => status,
        }
    }
}

pub(super) fn status(result: Result<(), Status>) -> u32 {
    result.map_or_else(|Status(status)| status, |()| 0)
}

pub(super) fn present<T>(result: Result<Option<T>, Status>) -> Result<T, Status> {
    result.and_then(|value| value.ok_or(Status::NOT_FOUND))
}
