//! The exports of each world, found once in a component and looked up in every
//! instance.

use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use crate::World;
use crate::bindings::exports::rehearsal::plugin::{
    extractor_api, loader_api, path_builder_api, validator_api,
};
use crate::state::State;

/// Where a compiled component has the exports of its world.
pub(crate) trait Exports: Sized {
    /// The exports of an instance.
    type Guest;
    /// Which world.
    const WORLD: World;

    /// Finds them by name.
    fn find(linked: &InstancePre<State>) -> wasmtime::Result<Self>;

    /// Checks their types.
    fn load(&self, store: &mut Store<State>, instance: &Instance) -> wasmtime::Result<Self::Guest>;
}

macro_rules! exports {
    ($($api:ident: $world:ident),*) => {$(
        impl Exports for $api::GuestIndices {
            type Guest = $api::Guest;
            const WORLD: World = World::$world;

            fn find(linked: &InstancePre<State>) -> wasmtime::Result<Self> {
                Self::new(linked)
            }

            fn load(
                &self,
                store: &mut Store<State>,
                instance: &Instance,
            ) -> wasmtime::Result<Self::Guest> {
                Self::load(self, store, instance)
            }
        }
    )*};
}

exports! {
    loader_api: Loader,
    extractor_api: Extractor,
    path_builder_api: PathBuilder,
    validator_api: Validator
}
