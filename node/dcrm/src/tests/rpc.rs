//! JSON-RPC, on the simulated chain.

use fusion_dcrm_primitives::{
	account_key::{
		AccountKeyId, AccountKeyView, AccountRequestView, Payload, Payment, Script, Spend, Subject,
	},
	Availability, GroupId, GroupView, KeyPath, MemberId, Purpose, RequestId, SigningRequest,
	SizeAdvice,
};
use jsonrpsee::{core::server::MethodsError, RpcModule};
use serde_json::{json, Value};
use sp_api::ApiError;

use super::{
	sim::{Sim, GROUP},
	world::World,
};
use crate::{
	effect::Timing,
	rpc::{module, State},
};

/// What the simulated chain shows, and something of accounts.
struct Shown(Sim);

impl State for Shown {
	fn group_count(&self) -> Result<GroupId, ApiError> {
		Ok(GROUP + 1)
	}

	fn group(&self, id: GroupId) -> Result<Option<GroupView>, ApiError> {
		Ok((id == GROUP).then(|| self.0.view.clone()))
	}

	fn active_group(&self) -> Result<Option<GroupId>, ApiError> {
		Ok(Some(GROUP))
	}

	fn is_paused(&self) -> Result<bool, ApiError> {
		Ok(false)
	}

	fn is_announced(&self, member: MemberId) -> Result<bool, ApiError> {
		Ok(member == self.0.view.members[0])
	}

	fn open_requests(&self, _: GroupId) -> Result<Vec<(RequestId, SigningRequest)>, ApiError> {
		Ok(self.0.open.iter().map(|(id, request)| (*id, request.clone())).collect())
	}

	fn size_advice(&self) -> Result<SizeAdvice, ApiError> {
		let measured = Availability { passed: 9, missed: 1 };
		Ok(SizeAdvice { measured, bound: 1_000, members: Some(5) })
	}

	fn capacity(&self, id: GroupId) -> Result<u128, ApiError> {
		if id == GROUP {
			Ok(u128::MAX)
		} else {
			Err(ApiError::StateBackendIsNotTrie)
		}
	}

	fn account_key(&self, key: AccountKeyId) -> Result<Option<AccountKeyView>, ApiError> {
		Ok((key == 3).then(|| AccountKeyView {
			account: [1; 32],
			group: GROUP,
			public_key: [2; 32],
			address: b"bcrt1p".to_vec(),
		}))
	}

	fn account_request(&self, id: RequestId) -> Result<Option<AccountRequestView>, ApiError> {
		let payments = vec![Payment { amount: 5, script: Script::try_from(vec![0x51]).unwrap() }];
		let mut txid = [0; 32];
		txid[0] = 0xab;
		let subject = match id {
			0 => Subject::Message(Payload::try_from(b"hi".to_vec()).unwrap()),
			1 => Subject::Spend(Spend {
				txid,
				vout: 2,
				amount: 9,
				payments: payments.try_into().unwrap(),
			}),
			_ => return Ok(None),
		};
		let signature = (id == 0).then_some([7; 64]);
		Ok(Some(AccountRequestView { account: [1; 32], key: 3, subject, signature, expires: 44 }))
	}
}

async fn ask(
	methods: &RpcModule<std::sync::Arc<dyn State>>,
	method: &str,
	number: u64,
) -> Result<Value, MethodsError> {
	methods.call(method, [number]).await
}

#[tokio::test]
async fn groups_should_be_told_when_asked_for() {
	let mut world = World::active_with(4, 3, 1, Timing::default());
	world.sim.view.missed = vec![0, 2, 0, 0];
	world.sim.view.silent = vec![(2, 1), (2, 3)];
	let request = world.request([9; 32]);
	let purpose = Purpose::Account { request: 5 };
	world.sim.request(KeyPath::Account([1; 32], 0), [8; 32], purpose);
	let key = format!("0x{}", hex::encode(world.sim.view.key.unwrap()));
	let methods = module(Shown(world.sim.clone())).unwrap();
	let all: Value =
		methods.call("dcrm_groups", jsonrpsee::core::EmptyServerParams::new()).await.unwrap();
	assert_eq!(all.as_array().unwrap().len(), 1);
	assert_eq!(
		all[0],
		json!({
			"id": GROUP, "isCurrent": true, "state": "active", "phase": null, "isHandedOver": false,
			"deadline": null, "epoch": 0, "attempt": 0, "threshold": 3, "size": 4, "key": key,
		})
	);
	let group = ask(&methods, "dcrm_group", GROUP.into()).await.unwrap();
	assert_eq!(group["members"].as_array().unwrap().len(), 4);
	let (first, second) = (&group["members"][0], &group["members"][1]);
	assert_eq!((&first["index"], &first["isAnnounced"]), (&json!(1), &json!(true)));
	assert_eq!((&second["missed"], &second["silenceVotes"]), (&json!(2), &json!(2)));
	assert_eq!(group["key"], json!(key));
	assert_eq!(ask(&methods, "dcrm_group", 0).await.unwrap(), Value::Null);

	let health = ask(&methods, "dcrm_health", GROUP.into()).await.unwrap();
	assert_eq!((&health["present"], &health["spare"]), (&json!(3), &json!(0)));
	assert_eq!((&health["canSign"], &health["openRequests"]), (&json!(true), &json!(2)));
	assert_eq!(health["capacity"], json!(u128::MAX.to_string()));
	assert_eq!((&health["advisedSize"], &health["passed"]), (&json!(5), &json!(9)));

	let open = ask(&methods, "dcrm_openRequests", GROUP.into()).await.unwrap();
	assert_eq!((&open[0]["id"], &open[0]["purpose"]), (&json!(request), &json!("batch")));
	assert_eq!((&open[0]["batch"], &open[1]["purpose"]), (&json!(1), &json!("account")));

	// While its key is handed over, it says so.
	let mut world = world;
	world.reshare(&[1, 2, 3, 5]);
	let methods = module(Shown(world.sim.clone())).unwrap();
	let group = ask(&methods, "dcrm_group", GROUP.into()).await.unwrap();
	assert_eq!((&group["phase"], &group["isHandedOver"]), (&json!("dealing"), &json!(true)));
	assert_eq!(group["nextMembers"].as_array().unwrap().len(), 4);
	assert!(group["deadline"].is_number());
}

#[tokio::test]
async fn keys_and_requests_of_accounts_should_be_told_when_asked_for() {
	let world = World::active_with(4, 3, 0, Timing::default());
	let methods = module(Shown(world.sim.clone())).unwrap();
	let key = ask(&methods, "dcrm_accountKey", 3).await.unwrap();
	assert_eq!(key["publicKey"], json!(format!("0x{}", "02".repeat(32))));
	assert_eq!(key["bitcoinAddress"], json!("bcrt1p"));
	assert_eq!(ask(&methods, "dcrm_accountKey", 4).await.unwrap(), Value::Null);
	let message = ask(&methods, "dcrm_accountRequest", 0).await.unwrap();
	assert_eq!((&message["message"], &message["payment"]), (&json!("0x6869"), &Value::Null));
	assert_eq!(message["signature"], json!(format!("0x{}", "07".repeat(64))));
	assert_eq!(message["account"], key["account"]);
	let payment = ask(&methods, "dcrm_accountRequest", 1).await.unwrap();
	assert_eq!((&payment["message"], &payment["signature"]), (&Value::Null, &Value::Null));
	let expected = format!("{}ab", "00".repeat(31));
	assert_eq!(
		payment["payment"],
		json!({
			"txid": expected, "vout": 2, "amount": 9, "outputs": [{ "amount": 5, "script": "0x51" }],
		})
	);
	assert_eq!(ask(&methods, "dcrm_accountRequest", 9).await.unwrap(), Value::Null);
}

#[tokio::test]
async fn reason_should_be_given_when_a_question_is_malformed_or_the_runtime_fails() {
	let world = World::active_with(4, 3, 0, Timing::default());
	let methods = module(Shown(world.sim.clone())).unwrap();
	let malformed: Result<Value, _> = methods.call("dcrm_group", ["seven"]).await;
	assert!(malformed.is_err());
	let none: Result<Value, _> =
		methods.call("dcrm_group", jsonrpsee::core::EmptyServerParams::new()).await;
	assert!(none.is_err());
	let beyond = ask(&methods, "dcrm_group", u64::MAX).await;
	assert!(beyond.is_err());
}
