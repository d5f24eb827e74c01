//! The report as people read it.

use fusion_asset_mapping_primitives::Reserves;

use super::{AccountPart, LockInLine, LockInView, LockOutLine, LockOutView, Report, Standing};
use crate::coins::{amount, checks::deadline_text, state, table::Table};

impl Report {
	/// For people.
	pub fn table(&self) -> Table {
		let mut table = Table::default();
		let Reserves { held, deficit, issued, locked, owed } = self.reserves.reserves;
		table
			.part(format!("Bitcoin on Fusion, block {} (final)", self.block_number))
			.row("from", &self.network)
			.row("chain", format!("{:?}", self.genesis))
			.part("Reserves")
			.row("held", amount::bitcoin(held))
			.row("deficit", amount::bitcoin(deficit))
			.row("issued", amount::bitcoin(issued))
			.row("locked for lock-outs", amount::bitcoin(locked))
			.row("owed otherwise", amount::bitcoin(owed))
			.row("fee reserve", amount::bitcoin(self.reserves.fee_reserve))
			.row("all is covered", if self.reserves.is_covered { "yes" } else { "NO" });
		self.rows_of_directions(&mut table);
		self.rows_of_group(&mut table);
		if let Some(account) = &self.account {
			self.rows_of_account(&mut table, account);
		}
		if let Some(lock_in) = &self.asked_lock_in {
			self.rows_of_lock_in(&mut table, lock_in);
		}
		if let Some(lock_out) = &self.asked_lock_out {
			rows_of_lock_out(&mut table, lock_out);
		}
		if let Some(deposit) = &self.asked_deposit {
			table.part(format!("Deposit {}", deposit.outpoint)).row("outcome", &deposit.outcome);
			if let (Some(index), Some(satoshi), Some(height)) =
				(deposit.lock_in, deposit.amount, deposit.height)
			{
				table
					.row("lock-in", index.to_string())
					.row("amount", amount::bitcoin(satoshi))
					.row("Bitcoin block", height.to_string());
			}
		}
		table
	}

	fn rows_of_directions(&self, table: &mut Table) {
		let open = |closed: &Option<String>| match closed {
			None => "yes".to_string(),
			Some(why) => format!("no: {why}"),
		};
		let LockInLine { closed, confirmations, minimum, maximum, most_a_day } = &self.lock_in;
		table
			.part("Lock-in")
			.row("open", open(closed))
			.row("confirmations", confirmations.to_string())
			.row("minimum", amount::bitcoin(*minimum))
			.row("maximum", state::limit(*maximum))
			.row("most in a day", state::limit(*most_a_day));
		let LockOutLine { closed, minimum, maximum, most_a_day, fee_rate, fee, maximum_fee_part } =
			&self.lock_out;
		table
			.part("Lock-out")
			.row("open", open(closed))
			.row("minimum", amount::bitcoin(*minimum))
			.row("maximum", state::limit(*maximum))
			.row("most in a day", state::limit(*most_a_day))
			.row("fee rate", format!("{fee_rate} satoshi for a virtual byte"))
			.row("fee now", format!("{fee} satoshi at most, for one lock-out"))
			.row("highest fee", format!("{maximum_fee_part} of the amount"));
	}

	fn rows_of_group(&self, table: &mut Table) {
		table.part("Key group");
		let Some(group) = &self.key_group else {
			table.row("active", "none yet: no deposit addresses are given out");
			return;
		};
		let active = match (group.is_active, group.is_paused) {
			(true, false) => "yes",
			(true, true) => "yes, but all groups stand still by a decision of governance",
			(false, _) => "no",
		};
		table
			.row("number", group.id.to_string())
			.row("active", active)
			.row("members", format!("{}, of which {} sign", group.members, group.threshold))
			.row("handovers of its key", group.epoch.to_string())
			.row(
				"may hold",
				group.capacity.map_or_else(|| "no limit is set".into(), amount::bitcoin),
			);
	}

	fn rows_of_account(&self, table: &mut Table, part: &AccountPart) {
		table
			.part(format!("Account {}", part.account))
			.row("mapped bitcoin", amount::bitcoin(part.mapped))
			.row("to spend", &part.fsn)
			.row("lock-ins", part.lock_ins.len().to_string())
			.row("open lock-outs", part.lock_outs.len().to_string());
		if part.is_partial {
			table.row(
				"note",
				format!(
					"only the newest {} lock-ins of the chain were looked through",
					state::LOOKED_THROUGH
				),
			);
		}
		for lock_in in &part.lock_ins {
			self.rows_of_lock_in(table, lock_in);
		}
		for lock_out in &part.lock_outs {
			rows_of_lock_out(table, lock_out);
		}
	}

	fn rows_of_lock_in(&self, table: &mut Table, lock_in: &LockInView) {
		let credited =
			if lock_in.is_reserve { "nobody: for the reserves" } else { lock_in.account.as_str() };
		table
			.part(format!("Lock-in {}", lock_in.index))
			.row("deposit address", &lock_in.deposit_address)
			.row("credited to", credited)
			.row("deadline", deadline_text(lock_in.deadline, self.time))
			.row("deposits so far", lock_in.deposits.to_string());
		if !lock_in.is_reserve {
			table.row("refund address", &lock_in.refund_address);
		}
	}
}

fn rows_of_lock_out(table: &mut Table, lock_out: &LockOutView) {
	let is_refund = lock_out.details.as_ref().is_some_and(|details| details.is_refund);
	let what = if is_refund { "Refund" } else { "Lock-out" };
	let state = match &lock_out.standing {
		Standing::Waiting { reason: None } => "waiting for the next batch".into(),
		Standing::Waiting { reason: Some(reason) } => format!("waiting: {reason}"),
		Standing::Signing { batch } => format!("being signed, in batch {batch}"),
		Standing::Broadcast { batch, txids } => {
			format!("signed and broadcast, in batch {batch}: {}", txids.join(" or "))
		},
		Standing::Over => "over: it was paid, or cancelled".into(),
	};
	table.part(format!("{what} {}", lock_out.lock_out)).row("state", state);
	if let Some(details) = &lock_out.details {
		table
			.row("of", &details.account)
			.row("amount", amount::bitcoin(details.amount))
			.row("to", &details.to)
			.row("highest fee", format!("{} satoshi", details.max_fee));
	}
}
